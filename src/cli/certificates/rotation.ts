// How far a rotation is, told from the files alone, so that it goes on wherever it stopped. At every moment client.key and client.crt hold a pair that the Worker accepts.
import type { ClusterFolder } from "./cluster-folder.ts";

export const currentPair = "client";
export const nextPair = "next";
export const previousPair = "previous";

/** Names that `certificate issue` may not give. */
export const reservedPairs: readonly string[] = [currentPair, nextPair, previousPair];

/**
 * - "none": nothing is under way
 * - "preparing": a new pair is made, signed, listed and deployed, beside the one in use
 * - "switching": both are accepted, and the files are changing places
 * - "switched": the new pair is in place; the old one is accepted until everybody has the new one
 */
export type RotationStage = "none" | "preparing" | "switching" | "switched";

export async function rotationStage(folder: ClusterFolder): Promise<RotationStage> {
  const [next, previous] = [await folder.read(nextPair), await folder.read(previousPair)];
  const hasNext = next.key !== null || next.certificate !== null;
  if (previous.certificate !== null) return hasNext ? "switching" : "switched";
  return hasNext ? "preparing" : "none";
}

/** Puts the new pair in the old one's place. The old one is kept until `finish`; its certificate is written last, and says that this has begun. */
export async function switchPairs(folder: ClusterFolder, stage: RotationStage): Promise<void> {
  if (stage !== "switching") {
    const { key, certificate } = await folder.read(currentPair);
    if (key === null || certificate === null) throw new Error("there is no current pair to keep");
    await folder.writeKey(previousPair, key);
    await folder.writeCertificate(previousPair, certificate);
  }
  folder.move(nextPair, currentPair);
}
