/** Programs that are hosted in a process of their own, by test/fixtures/hosted/alone.ts. */
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type AgentProcessOptions, messageOf, startApplication } from '../../../support/agent-process.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { type Files, writeApplication } from '../fixture.ts'

interface Said {
  readonly port?: number
  /** When it was ready, in seconds. */
  readonly uptime?: number
  /** The applications that said that they have run and do not listen. */
  readonly waiting: readonly string[]
  readonly failed?: { readonly code: string; readonly message: string }
}

/** Hosts a program in a process of its own, in a folder of its own or in `at`. */
export async function start(
  files: Files | string,
  env: Readonly<Record<string, string>> = {},
  at?: string,
  running: Pick<AgentProcessOptions, 'execArgv' | 'withAgent'> = {},
) {
  const root = tempFolder()
  const written = typeof files === 'string' ? { 'main.mjs': files, 'package.json': '{"main":"main.mjs"}' } : files
  const folder = at === undefined ? writeApplication(root, 'a', written) : writeApplication(dirname(at), basename(at), written)
  const application = startApplication('../../fixtures/hosted/alone.ts', {
    env: { FOLDER: folder, DATA: root, ...env },
    withAgent: false,
    ...running,
  })
  const modified: string[] = []
  application.child.on(
    'message',
    (message: { readonly modified?: string }) => message.modified !== undefined && modified.push(message.modified),
  )
  const said = await messageOf<Said>(application)
  return {
    ...application,
    folder,
    said,
    /** The applications that said they were modified. */
    modified,
    port: said.port ?? 0,
    url: `http://127.0.0.1:${said.port}`,
    /** A file that the program wrote to its data folder. */
    read: (name: string) => readFileSync(join(root, name), 'utf8'),
    async attribute(kind: string, attribute: string): Promise<unknown> {
      application.child.send({ read: kind, attribute })
      const { answer } = await messageOf<{ readonly answer: readonly unknown[] }>(application)
      return answer[0]
    },
    /** Stops it, and gives the lines of its access log. */
    async stop(): Promise<string[]> {
      application.child.send('stop')
      await application.exited
      return readFileSync(join(root, 'a.log'), 'utf8').trimEnd().split('\n')
    },
  }
}
