/** A link in the auto-deploy folder stands for what it leads to, wherever that is, but not for what belongs to the server. */
import { readlink, realpath } from 'node:fs/promises'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { fail } from './errors.ts'

export interface LinkRules {
  /** The auto-deploy folder itself. */
  readonly folder: string
  /** Folder that is private to the server. */
  readonly dataRoot: string
}

/** Passes what is no link. @throws SPY_DEPLOY_SOURCE */
export async function checkLink(path: string, { folder, dataRoot }: LinkRules): Promise<void> {
  const named = await readlink(path).catch(() => undefined)
  if (named === undefined) return
  const target = await realpath(path).catch((error: unknown) => {
    throw fail('SPY_DEPLOY_SOURCE', [path, problemOf(error, named)], error)
  })
  const [own, data] = await Promise.all([realpath(folder), realpath(dataRoot)])
  if (isIn(own, target)) throw fail('SPY_DEPLOY_SOURCE', [path, `the link leads to a folder that the auto-deploy folder is in (${target})`])
  if (isIn(data, target))
    throw fail('SPY_DEPLOY_SOURCE', [path, `the link leads to a folder that the data folder of the server is in (${target})`])
  if (isIn(target, data) && !isIn(target, own))
    throw fail('SPY_DEPLOY_SOURCE', [path, `the link leads into the data folder of the server (${target})`])
}

function problemOf(error: unknown, named: string): string {
  if (codeOf(error) === 'ENOENT') return `the link leads to nothing (${named})`
  return codeOf(error) === 'ELOOP' ? `the link leads back to itself (${named})` : `the link cannot be followed: ${messageOf(error)}`
}

/** Whether a path is a folder or below it. */
const isIn = (path: string, folder: string): boolean => path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`)
