// What a refused person reads, without what differs in each run.

/** @returns the text without the token's name in the log, and with dots or GitHub's own host in place of the rest */
export function refusalText(description: string): string {
  return description
    .replace(/ Reference: (?:GITHUBSHA256|JTI)=\S+$/, "")
    .replace(/authorization_request=\w+/, "authorization_request=…")
    .replace(/https:\/\/127\.0\.0\.1:\d+/, "https://github.com");
}

/** What says nothing about the person or workflow: for all who must not learn who is admitted, and for faults. */
const generalTexts = [
  "This GitHub account is not admitted here",
  "This workflow is not admitted here",
  "It cannot be decided at the moment",
];

export function saysNothing(text: string): boolean {
  return generalTexts.some((general) => text.startsWith(general));
}
