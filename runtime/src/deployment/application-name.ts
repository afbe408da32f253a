/** The name of an application that is deployed without one. */
import { basename } from 'node:path'
import { withoutEnding } from './archive/archive-format.ts'
import { fail } from './errors.ts'

const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/

/** `shop` of `/srv/Shop-1.2.3.tgz`. A given name is taken as it is. @throws SPY_DEPLOY_NAME */
export function applicationName(origin: string, given?: string): string {
  const name = given ?? derived(basename(origin))
  if (NAME.test(name)) return name
  throw fail('SPY_DEPLOY_NAME', [name])
}

/** Without ending and version, in lower case, with - for what a name cannot hold. */
function derived(file: string): string {
  return withoutEnding(file)
    .replace(/[-_]v?\d+\.\d+[\w.+-]*$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replaceAll(/^[-_]+|[-_]+$/g, '')
}
