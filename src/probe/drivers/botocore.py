"""boto3: one S3 client that all threads share, with made-up credentials and a made-up endpoint."""
PACKAGES = ["botocore", "boto3", "urllib3"]
THREADS = True


class Client:
    def __init__(self, settings):
        # Nothing of the user's own may be read: no files, no metadata service.
        os.environ.update(  # noqa: F821
            AWS_CONFIG_FILE=os.devnull,  # noqa: F821
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,  # noqa: F821
            AWS_EC2_METADATA_DISABLED="true",
        )
        import boto3
        from botocore.config import Config

        self.settings = {
            "max_pool_connections": settings.get("max_pool_connections") or 0,
            "connect_timeout": settings.get("connect_timeout"),
            "read_timeout": settings.get("read_timeout"),
        }
        config = Config(retries={"total_max_attempts": 1}, proxies={}, s3={"addressing_style": "path"}, **self.settings)
        session = boto3.session.Session(aws_access_key_id="probe", aws_secret_access_key="probe", region_name="us-east-1")
        self.made = lambda url: session.client("s3", endpoint_url=url, config=config)
        self.clients = {}
        self.read_back = None

    def prepare(self, urls):
        for url in urls:
            self.clients[url] = self.made(url)

    def send(self, url, number):
        self.clients[url].get_object(Bucket="probe", Key=str(number))["Body"].read()

    def close(self):
        for client in self.clients.values():
            client.close()


def open_client(settings):
    client = Client(settings)
    client.prepare(settings["urls"])
    return client
