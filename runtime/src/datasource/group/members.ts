/** What applications get of the members of a group, beside its pool for writes. */
import type { RunStatement } from '../driver.ts'
import type { MemberAnswer } from './member-statements.ts'

/** A datasource with members: a pool for writes that has these as well. `interface SpyglassDatasources { shop: DatasourceGroup<pg.Pool> }` */
export type DatasourceGroup<Face> = Face & {
  /** A pool for reads: each borrow is of one of the copies. Of a datasource without members it is that itself. */
  readonly read: Face
  readonly members: Members<Face>
}

export interface Members<Face> {
  readonly names: readonly string[]
  /**
   * A pool of one member, whatever it is.
   * @throws SPY_MEMBER_UNKNOWN
   */
  named(name: string): Face
  /** A pool for reads of the members with that tag. */
  tagged(tag: string): Face
  /** The member that has a key. */
  shardOf(key: string): string
  /** A pool of the member that has a key. */
  shard(key: string): Face
  /** One statement over each member, or over those named. A member that fails has its error in its answer. */
  query(text: string, params?: readonly unknown[], on?: readonly string[]): Promise<readonly MemberAnswer[]>
  /** Statements over each member, or over those named, in a transaction of each; the answer is that of the last. There is none over several members. */
  batch(statements: readonly (string | RunStatement)[], on?: readonly string[]): Promise<readonly MemberAnswer[]>
}
