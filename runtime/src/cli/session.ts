/** What a command works with: where its output goes, and a connection to the server, made when it is first needed. */
import { dataFolder, locateData } from '@spyglass/process/checked-config'
import { type AdminClient, connectAdministration } from '@spyglass/process/admin-socket'
import { textOption, type Values } from './parse.ts'

export interface Session {
  /** Writes lines to standard output. */
  print(lines: readonly string[]): void
  /** @throws SPY_SERVER_UNREACHABLE, SPY_LOCAL_DENIED, SPY_CONFIG_UNREADABLE, SPY_CONFIG_INVALID */
  connect(values: Values): Promise<AdminClient>
}

/** For one command: its connection ends with it, or it would keep the process alive. */
export function commandSession(): Session & Disposable {
  const opened: AdminClient[] = []
  return {
    print,
    async connect(values) {
      const client = await connectTo(values)
      opened.push(client)
      return client
    },
    [Symbol.dispose]() {
      for (const client of opened) client[Symbol.dispose]()
    },
  }
}

/** One connection for many commands. */
export function sharedSession(client: AdminClient): Session {
  return { print, connect: async () => client }
}

export async function connectTo(values: Values): Promise<AdminClient> {
  const root = await locateData({ file: textOption(values, 'config'), data: textOption(values, 'data') })
  return connectAdministration({ dataFolder: root, run: dataFolder(root).run })
}

function print(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`)
}
