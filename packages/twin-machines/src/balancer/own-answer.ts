import { STATUS_CODES } from "node:http";

/** Reasons as an Application Load Balancer writes them; 460 is never sent, since nobody is there to read it. */
const TITLES: Readonly<Record<number, string>> = {
  408: "408 Request Time-out",
  463: "463",
  503: "503 Service Temporarily Unavailable",
  504: "504 Gateway Time-out",
};

export interface OwnAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly page: string;
}

/** What the load balancer answers by itself. */
export function ownAnswer(status: number): OwnAnswer {
  const title = TITLES[status] ?? `${status} ${STATUS_CODES[status]}`;
  const page = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  return {
    headers: { server: "awselb/2.0", "content-type": "text/html", "content-length": String(page.length) },
    page,
  };
}
