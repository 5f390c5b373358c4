// What setup is asked for, held against what stands in wrangler.toml already.
export interface SetupRequest {
  readonly hostname: string;
  readonly clusterName: string;
  readonly variable: string;
  readonly allow: readonly string[];
  readonly tokenKinds: readonly string[];
  readonly validityDays: number;
}
