// The connection from the edge to the Worker's port. The Worker may answer before it has read the whole body (413, 403)
// and hang up: then our next write fails while its answer waits to be read. Node would give up both directions at once
// and lose the answer.
import { Agent } from "node:http";
import { Socket } from "node:net";

type WriteCallback = (error?: Error | null) => void;
type Chunks = Parameters<NonNullable<Socket["_writev"]>>[0];

/** A socket for which only the reading side decides when the connection has ended: failed writes go unnoticed. */
class PatientSocket extends Socket {
  override _write(chunk: unknown, encoding: BufferEncoding, callback: WriteCallback): void {
    super._write(chunk, encoding, () => callback());
  }

  override _writev(chunks: Chunks, callback: WriteCallback): void {
    super._writev?.(chunks, () => callback());
  }
}

class PatientAgent extends Agent {
  readonly #port: number;

  constructor(port: number, options: ConstructorParameters<typeof Agent>[0]) {
    super(options);
    this.#port = port;
  }

  override createConnection(): Socket {
    return new PatientSocket().setNoDelay().connect(this.#port, "127.0.0.1");
  }
}

/**
 * Connections are kept, but not for long: workerd ends an idle one after 5 s, and a request sent at that very moment would be lost.
 *
 * @param port on loopback
 */
export function innerAgent(port: number): Agent {
  return new PatientAgent(port, { keepAlive: true, timeout: 2000 });
}
