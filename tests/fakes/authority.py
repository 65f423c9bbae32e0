"""A real time stamp authority: `openssl ts` behind a small HTTP server, with a root of its own."""

import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONFIG = """
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[tsa]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[ts]
default_tsa = one
[one]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def openssl(folder, *arguments):
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def made(folder):
    """Keys and certificates of an authority in a folder; `root.pem` is what to trust."""
    folder.mkdir()
    (folder / "conf").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "conf")
    root = ("-x509", "-days", "2", "-subj", "/CN=Root", "-extensions", "ca")
    openssl(folder, "req", *key, *root, "-keyout", "root.key", "-out", "root.pem")
    openssl(folder, "req", *key, "-subj", "/CN=TSA", "-keyout", "tsa.key", "-out", "tsa.csr")
    sign = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "2")
    how = ("-extfile", "conf", "-extensions", "tsa", "-out", "tsa.pem")
    openssl(folder, "x509", "-req", "-in", "tsa.csr", *sign, *how)
    return folder


@contextmanager
def serving(folder):
    """Its address."""

    class Stamps(BaseHTTPRequestHandler):
        def do_POST(self):
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["content-length"])))
            line = ("ts", "-reply", "-config", "conf", "-section", "one")
            openssl(folder, *line, "-queryfile", "query", "-out", "reply")
            body = (folder / "reply").read_bytes()
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Stamps)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsa"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
