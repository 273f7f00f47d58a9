import { createServer } from "node:http";
import { hostname } from "node:os";

const instance = hostname();

/** The floor of GET /: node:http with nothing on top of it. */
createServer((_request, response) => {
  const body = JSON.stringify({ hostname: instance });
  response.writeHead(200, { "content-type": "application/json; charset=utf-8", "content-length": body.length });
  response.end(body);
}).listen(Number(process.env["PORT"]), "127.0.0.1");
