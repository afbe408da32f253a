import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { changeIdentities, hashPassword, identitiesFile, nobody, openAuthenticator, proofOf, withUser } from '@spyglass/process/access'
import { dataFolder, ensureDataFolder, ensureSecrets } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../support/temp-folder.ts'

const basic = (user: string, password: string) => proofOf(`Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`)

test('a server that was set up before there were users starts with its own credentials, and takes users that are added', async () => {
  const root = join(tempFolder(), 'data')
  const folder = ensureDataFolder(root)
  const secrets = ensureSecrets(folder.secrets)
  const authenticator = openAuthenticator('console', { secrets, folder })
  const from = { address: '127.0.0.1' }
  expect(await authenticator.admit(basic('admin', secrets.console.password), from)).toMatchObject({ principal: { role: 'administrator' } })
  const file = identitiesFile(dataFolder(root))
  mkdirSync(folder.administration, { recursive: true })
  const password = await hashPassword('correct horse', 1024)
  const anna = { name: 'anna', role: 'viewer', password, created: 0, createdBy: 'admin' } as const
  changeIdentities({ file, onDamage: () => {} }, () => withUser(nobody, anna))
  const late = openAuthenticator('store', { secrets, folder })
  for (const open of [authenticator, late])
    // the first one looked at the file a moment ago
    expect(await open.admit(basic('anna', 'correct horse'), from)).toMatchObject({ principal: { actor: 'anna', role: 'viewer' } })
})
