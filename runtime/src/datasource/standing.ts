/** What a database says of itself. */
export interface Standing {
  /** It accepts writes and copies nobody. */
  readonly isWritable: boolean
  /** Rises with each promotion (PostgreSQL); 0 where the database has none, or does not tell. */
  readonly timeline: number
  /** How far its log has come: an LSN; 0 where there is none. */
  readonly position: bigint
  /** The transactions that it has, as it writes them (MariaDB, MySQL); empty when it does not report all. */
  readonly gtid?: string
  /** How far it is behind whom it copies; undefined when it does not know. */
  readonly lagMs: number | undefined
}
