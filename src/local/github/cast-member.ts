// One of the people whom the local edge brings along.

export interface CastMember {
  readonly name: string;
  /** What signing in with this token shows, in a line. */
  readonly shows: string;
  readonly token: string;
}
