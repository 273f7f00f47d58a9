#!/usr/bin/env python3
"""Do clients of several kinds get every answer that comes before their body is there, from the API and from the load balancer?

    node packages/twin/src/main.ts up --json > twin.json &    # one line once it is ready
    python3 .ci/early-answers.py twin.json

Every early answer but 401, which needs a secret: packages/api/test/early-answers.test.ts has it. Clients: Python's http.client and a bare socket, which write everything before they read, curl with and without
`Expect: 100-continue` (skipped by name where there is none), and Node's fetch. Each goes to an API that is
started for it and through the twin's load balancer. Every answer must have the right status: no 5xx, no
broken pipe, no reset, and nobody waits. Prints one line a case and exits with 1 if any failed.
"""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit

KB = 1024
SIZES = [17 * KB, 64 * KB, 256 * KB, 1024 * KB, 5 * 1024 * KB]
TIMES = 20
TIMES_OF_OTHERS = 3
# Nobody waits: the slowest is 5 MB, and the API's own bounds begin at 2 s.
SECONDS_MAX = 10
JSON = "application/json"
# status, method, path, media type
OTHERS = [
    (404, "POST", "/nowhere", JSON),
    (405, "PUT", "/users", JSON),
    (415, "POST", "/users", "text/plain"),
    (413, "POST", "/users", JSON),
]
failures = []


def chunks(body):
    return (body[start : start + 16 * KB] for start in range(0, len(body), 16 * KB))


def http_client(url, method, path, media, body, chunked):
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=SECONDS_MAX)
    try:
        sent = chunks(body) if chunked else body
        connection.request(method, path, body=sent, headers={"content-type": media}, encode_chunked=chunked)
        answer = connection.getresponse()
        answer.read()
        # The connection must be of use again.
        connection.request("GET", "/healthz")
        again = connection.getresponse()
        again.read()
        assert again.status == 200, f"then {again.status}"
        return answer.status
    finally:
        connection.close()


def bare_socket(url, method, path, media, body, chunked):
    head = f"{method} {path} HTTP/1.1\r\nhost: a\r\ncontent-type: {media}\r\nconnection: close\r\n"
    with socket.create_connection((url.hostname, url.port), timeout=SECONDS_MAX) as connection:
        if chunked:
            connection.sendall(f"{head}transfer-encoding: chunked\r\n\r\n".encode())
            for chunk in chunks(body):
                connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            connection.sendall(b"0\r\n\r\n")
        else:
            connection.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        answer = b""
        while piece := connection.recv(64 * KB):
            answer += piece
        return int(answer.split(b" ", 2)[1])


def curl(*options):
    def send(url, method, path, media, body, chunked):
        with tempfile.NamedTemporaryFile() as file:
            file.write(body)
            file.flush()
            framing = ["-H", "transfer-encoding: chunked"] if chunked else []
            command = ["curl", "-sS", "-o", os.devnull, "-w", "%{http_code}", "-m", str(SECONDS_MAX), "-X", method]
            command += ["-H", f"content-type: {media}", *framing, *options, "--data-binary", f"@{file.name}"]
            done = subprocess.run([*command, url.geturl() + path], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr.strip()
            return int(done.stdout)

    return send


FETCH = """
import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  const { url, method, media, bytes, chunked } = JSON.parse(line);
  const body = new Uint8Array(bytes).fill(120);
  const stream = () => new ReadableStream({ start(c) { for (let at = 0; at < bytes; at += 16384) c.enqueue(body.subarray(at, at + 16384)); c.close(); } });
  const sent = chunked ? { body: stream(), duplex: "half" } : { body };
  const options = { method, headers: { "content-type": media }, signal: AbortSignal.timeout(10000), ...sent };
  console.log(await fetch(url, options).then(async (answer) => { await answer.text(); return answer.status; }, (error) => `${error.cause ?? error}`));
}
"""


class NodeFetch:
    def __init__(self):
        node = ["node_modules/.bin/node", "--input-type=module", "-e", FETCH]
        self.process = subprocess.Popen(node, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, url, method, path, media, body, chunked):
        order = {"url": url.geturl() + path, "method": method, "media": media, "bytes": len(body), "chunked": chunked}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        assert answer.isdigit(), answer
        return int(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def check(name, times, status, send):
    started = time.monotonic()
    try:
        for n in range(times):
            got = send()
            assert got == status, f"{got} instead of {status}, after {n} right ones"
        print(f"ok      {name}: {times} times {status}, {time.monotonic() - started:.1f} s", flush=True)
    except Exception as problem:  # each case reports, whatever went wrong in it
        failures.append(name)
        print(f"FAILED  {name}: {type(problem).__name__}: {problem}", flush=True)


def check_all(where, url, clients):
    for client, send in clients.items():
        for size in SIZES:
            body = b"x" * size
            check(f"413 of {size // KB} KB by {client}, {where}", TIMES, 413, lambda: send(url, "POST", "/users", JSON, body, False))
        body = b"x" * (1024 * KB)
        for status, method, path, media in OTHERS:
            for chunked in (False, True):
                framing = "chunked" if chunked else "with its length"
                name = f"{status} of 1 MB {framing} by {client}, {where}"
                check(name, TIMES_OF_OTHERS, status, lambda: send(url, method, path, media, body, chunked))


def main():
    with open(sys.argv[1], encoding="utf-8") as line:
        balancer = json.loads(line.readline())["loadBalancerUrl"]
    api, limited = Api(), Api(REQUESTS_PER_MINUTE="1")
    for _ in range(2):
        http.client.HTTPConnection(limited.url.hostname, limited.url.port).request("GET", "/")
    fetch = NodeFetch()
    clients = {"http.client": http_client, "a bare socket": bare_socket, "fetch": fetch}
    if shutil.which("curl"):
        clients |= {"curl": curl("-H", "expect:"), "curl with Expect": curl("-H", "expect: 100-continue")}
    else:
        print("SKIPPED: early answers by curl, since it is not installed.")
    try:
        check_all("direct", api.url, clients)
        body = b"x" * (1024 * KB)
        for client, send in clients.items():
            name = f"429 of 1 MB by {client}, direct"
            check(name, TIMES_OF_OTHERS, 429, lambda: send(limited.url, "POST", "/users", JSON, body, False))
        check_all("through the load balancer", urlsplit(balancer), clients)
    finally:
        fetch.close()
        for served in (api, limited):
            served.process.terminate()
            served.process.wait()
    sys.exit(1 if failures else 0)


class Api:
    """The API without a database, which no early answer needs."""

    def __init__(self, **more):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = {"HOST": "127.0.0.1", "PORT": str(port), "LOG_LEVEL": "silent", "SHUTDOWN_SECONDS": "2"}
        settings["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
        server = ["node_modules/.bin/node", "packages/api/src/server.ts"]
        self.process = subprocess.Popen(server, env={**os.environ, **settings, **more})
        self.url = urlsplit(f"http://127.0.0.1:{port}")
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise RuntimeError("The API did not start.")


main()
