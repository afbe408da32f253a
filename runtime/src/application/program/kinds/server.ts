/** An instance of `http.Server`, or of any other `net.Server`, that does not listen yet. */
import { Server } from 'node:net'
import type { Kind } from './kind.ts'

export const server: Kind<Server> = {
  kind: 'server',
  is: (value): value is Server => value instanceof Server,
  adopt: (value) => ({ kind: 'server', server: value }),
}
