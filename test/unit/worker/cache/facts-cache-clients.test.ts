// Tokens of apps, at clusters that list different clients: one cluster's refusal is not another's.
import { describe, expect, test } from "vitest";
import { factsOf, notOurs, requestFor, seconds, setUpTwo, unavailable } from "./support.ts";

describe("an app's token that is none of a cluster's clients'", () => {
  const listing = (...oauthClients: string[]) => requestFor({ oauth_clients: oauthClients });
  const ofClientX = factsOf({ oauthClientId: "X" });

  test("is not refused at another cluster by that", async () => {
    const { a, clock, github, store, token } = setUpTwo();
    github.says(ofClientX);
    await a.ask(token, listing("X"));
    clock.advance(seconds(120));
    github.says(notOurs);
    expect(await a.ask(token, listing("Y"))).toMatchObject({ outcome: notOurs });
    github.says(unavailable);
    expect(await a.ask(token, listing("X"))).toMatchObject({ outcome: { kind: "found", isStale: true } });
    await a.settle();
    expect(store.writes).toHaveLength(1);
  });

  test("is not refused by a cluster whose clients look alike when put together", async () => {
    const { a, github, token } = setUpTwo();
    github.says(notOurs);
    await a.ask(token, listing("X", "Y"));
    github.says(ofClientX);
    expect(await a.ask(token, listing("XY"))).toMatchObject({ outcome: { kind: "found" } });
  });

  test("is refused everywhere where it was that client's before", async () => {
    const { a, b, clock, github, token } = setUpTwo();
    github.says(ofClientX);
    await a.ask(token, listing("X"));
    await a.settle();
    clock.advance(seconds(120));
    github.says(notOurs);
    await a.ask(token, listing("X", "Y"));
    await a.settle();
    github.says(unavailable);
    expect(await b.ask(token, listing("X"))).toMatchObject({ outcome: unavailable });
  });

  test("leaves no tombstone where its client was never known", async () => {
    const { a, clock, github, token } = setUpTwo();
    await a.ask(token);
    clock.advance(seconds(120));
    github.says(notOurs);
    await a.ask(token, listing("Y"));
    github.says(unavailable);
    expect(await a.ask(token)).toMatchObject({ outcome: { kind: "found", isStale: true } });
  });
});
