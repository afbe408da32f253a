/**
 * The store's view of the database engine. The engine runs in a separate process (`engine-process.ts`), because a statement that the
 * engine does not return from can only be stopped together with its process.
 */

/** What the engine's own parser says about a text. */
export interface Classification {
  readonly statementCount: number
  /** 0: reads only. */
  readonly queryClass: number
  readonly hasSecrets: boolean
}

/** An answer or a part of one. */
export interface RawResult {
  readonly bytes: Uint8Array
  /** Rows of the answer; 0 where the format has no rows. */
  readonly rows: number
}

export interface RawStream extends AsyncIterable<RawResult> {
  cancel(): void
}

/** One session of the engine. Its opener is its only user, one call at a time. */
export interface RawSession {
  /** False when its engine is gone, and the session with it. */
  readonly isOpen: boolean
  query(sql: string, format: string): Promise<RawResult>
  /** Chunks of formats that can be joined; each is asked for when the one before was taken. */
  stream(sql: string, format: string): RawStream
  classify(sql: string, database: string): Promise<Classification>
  /** Only for a session that runs nothing: closing a busy one loses its call. */
  close(): void
}

export type SessionSettings = Readonly<Record<string, string | number>>

export interface Engine {
  /**
   * Opens a session with settings in command-line form (`--readonly=1`). Sessions of different threads never wait for one another; thread 0
   * is for statements of our own.
   * @throws SPY_STORE_IN_USE, SPY_STORE_OPEN_FAILED, ClickhouseError 203 while there is no engine.
   */
  open(settings: SessionSettings, thread?: number): Promise<RawSession>
}
