//! The settings as written, with spans: TOML to [`RawSettings`], and the checks that turn them into [`super::Settings`].
