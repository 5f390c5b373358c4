// The stand-in for GitHub behind the paths of GitHub Enterprise Server: REST under /api/v3, GraphQL at /api/graphql,
// and nothing at any other path.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";

export interface GitHubUnderPrefix {
  /** What GITHUB_API_URL is for it. */
  readonly restUrl: string;
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** The method and path of every request so far; may be cleared with `length = 0`. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** @param githubUrl of the stand-in */
export async function startGitHubUnderPrefix(githubUrl: string): Promise<GitHubUnderPrefix> {
  const requests: string[] = [];
  const server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method} ${incoming.url}`);
    const path = innerPath(incoming.url ?? "");
    if (path === null) outgoing.writeHead(404, { "content-type": "text/html" }).end("<h1>Not here</h1>");
    else pass(incoming, outgoing, new URL(path, githubUrl), host);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP listener has a port");
  const host = `127.0.0.1:${address.port}`;
  return {
    restUrl: `http://${host}/api/v3`,
    host,
    requests,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function innerPath(path: string): string | null {
  if (path === "/api/graphql") return "/graphql";
  return path.startsWith("/api/v3/") ? path.slice("/api/v3".length) : null;
}

/** Uses the client of Node: these tests guard the global fetch. */
function pass(incoming: IncomingMessage, outgoing: ServerResponse, url: URL, host: string): void {
  const { method = "GET", headers } = incoming;
  const inner = send(url, { method, headers, agent: false }, (answer) => {
    const { link, ...rest } = answer.headers;
    // The next page lies under the prefix, too.
    const next =
      link === undefined ? {} : { link: [link].flat().join(", ").replaceAll(url.origin, `http://${host}/api/v3`) };
    outgoing.writeHead(answer.statusCode ?? 502, { ...rest, ...next });
    answer.pipe(outgoing);
  });
  inner.on("error", () => outgoing.destroy());
  incoming.pipe(inner);
}
