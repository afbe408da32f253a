/** Programs that are hosted in a process of their own, by test/fixtures/hosted/alone.ts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, startApplication } from '../../../support/agent-process.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { type Files, writeApplication } from '../fixture.ts'

interface Said {
  readonly port?: number
  /** When it was ready, in seconds. */
  readonly uptime?: number
  readonly failed?: { readonly code: string; readonly message: string }
}

/** Hosts a program in a process of its own. */
export async function start(files: Files | string, env: Readonly<Record<string, string>> = {}) {
  const root = tempFolder()
  const folder = writeApplication(
    root,
    'a',
    typeof files === 'string' ? { 'main.mjs': files, 'package.json': '{"main":"main.mjs"}' } : files,
  )
  const application = startApplication('../../fixtures/hosted/alone.ts', { env: { FOLDER: folder, DATA: root, ...env }, withAgent: false })
  const said = await messageOf<Said>(application)
  const stop = async (): Promise<string[]> => {
    application.child.send('stop')
    await application.exited
    return readFileSync(join(root, 'a.log'), 'utf8').trimEnd().split('\n')
  }
  return { ...application, folder, said, port: said.port ?? 0, url: `http://127.0.0.1:${said.port}`, stop }
}
