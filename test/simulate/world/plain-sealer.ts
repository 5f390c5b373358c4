// A sealer without cryptography: the simulation is about when an entry is kept and read, not about secrecy.
import type { Sealer } from "../../../src/worker/cache/sealer.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const plainSealer: Sealer = {
  nameOf: (token) => Promise.resolve(token),
  seal: (_, plain) => Promise.resolve(encoder.encode(plain)),
  open: (_, sealed) => Promise.resolve(decoder.decode(sealed)),
};
