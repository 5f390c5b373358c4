// What GitHub says about a name of the policy.

export type LookedUp =
  | {
      readonly kind: "found";
      /** As it stands behind the name: `#1234`. */
      readonly pin: string;
      /** The number of the organisation that the entry names, or whose team. */
      readonly organisationId: number | null;
      /** What an operator should know about it besides. */
      readonly notice?: Notice;
    }
  /** A repository that was renamed, or went to another owner. */
  | { readonly kind: "moved" }
  /** No account, team or repository has the name, as far as the token sees. */
  | { readonly kind: "unknown_name" }
  /** An account of another type than the entry names. */
  | { readonly kind: "unsuitable"; readonly message: string }
  /** A team, and there is no token. */
  | { readonly kind: "needs_token" }
  | { readonly kind: "failed"; readonly message: string; readonly hint?: string }
  /** GitHub would answer every other request in the same way: no more are sent. */
  | { readonly kind: "stopped"; readonly message: string; readonly hint?: string };

export interface Notice {
  readonly message: string;
  readonly hint: string;
}
