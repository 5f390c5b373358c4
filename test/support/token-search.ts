// Looks for a token, or for any piece of it, in whatever a program let out: as it is, or as it looks after the usual
// encodings.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** The shortest piece that counts as found. */
export const minPieceLength = 12;

/** What was let out, and under which name. */
export interface Output {
  readonly name: string;
  readonly bytes: Uint8Array | string;
}

/**
 * @param secrets tokens, or anything else that is looked for
 * @returns the names of the outputs that hold a secret or a piece of one, with the piece
 */
export function findPieces(secrets: readonly string[], outputs: readonly Output[]): string[] {
  const pieces = new Set(secrets.flatMap(encodingsOf).flatMap(piecesOf));
  return outputs.flatMap(({ name, bytes }) => {
    const text = Buffer.from(bytes).toString("latin1").toLowerCase();
    const found = piecesOf(text).find((piece) => pieces.has(piece));
    return found === undefined ? [] : [`${name}: ${found}`];
  });
}

/** Every file in a folder and below, by its path: that can hold a secret, too. */
export function filesIn(folder: string): Output[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      const name = relative(folder, path);
      return [
        { name: `the name of ${name}`, bytes: name },
        { name, bytes: readFileSync(path) },
      ];
    });
}

function piecesOf(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - minPieceLength + 1) }, (_, start) =>
    text.slice(start, start + minPieceLength),
  );
}

/** In lower case: header names lose theirs on the way. */
function encodingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  // Base64 looks different for each place at which the secret can begin in a group of three; the characters at the
  // edges mix with its neighbours'.
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=+$/, "")
      .slice(shift === 0 ? 0 : shift + 1, -1),
  );
  const escapes = [...bytes].map((byte) => `\\u${byte.toString(16).padStart(4, "0")}`).join("");
  const percents = [...bytes].map((byte) => `%${byte.toString(16)}`).join("");
  return [secret, ...base64, bytes.toString("hex"), escapes, percents].map((text) => text.toLowerCase());
}
