// A sealer without cryptography: what is simulated is when something is kept and read, not that nobody else can read it.
import type { Sealer } from "../../../src/worker/cache/sealer.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const plainSealer: Sealer = {
  nameOf: (token) => Promise.resolve(token),
  seal: (_, plain) => Promise.resolve(encoder.encode(plain)),
  open: (_, sealed) => Promise.resolve(decoder.decode(sealed)),
};
