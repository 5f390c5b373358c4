// The smallest webhook authenticator on Workers: it parses the review, answers it and logs a line. The real one's costs
// are compared with it.
import { Hono } from "hono/tiny";

interface TokenReview {
  readonly apiVersion: string;
  readonly spec: { readonly token: string };
}

const app = new Hono();

app.post("/authenticate", async (c) => {
  const { apiVersion, spec } = await c.req.json<TokenReview>();
  const user = { username: "github:person:1001", uid: "1001", groups: ["github:acme"], extra: {} };
  console.log(JSON.stringify({ time: new Date().toISOString(), tokenLength: spec.token.length, user: user.username }));
  return c.json({ kind: "TokenReview", apiVersion, metadata: {}, spec: {}, status: { authenticated: true, user } });
});

export default app;
