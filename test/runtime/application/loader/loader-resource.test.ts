import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packagesOf } from '../../../../runtime/src/application/loader/loader-resource.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { writeApplication } from '../fixture.ts'

test('packages are named with their version, scoped and nested ones as well, each once', () => {
  const folder = writeApplication(tempFolder(), 'a', {
    'node_modules/one/package.json': '{"name":"one","version":"1.0.0"}',
    'node_modules/@acme/two/package.json': '{"name":"@acme/two","version":"2.0.0"}',
    'node_modules/one/node_modules/three/package.json': '{"name":"three","version":"3.0.0"}',
    'node_modules/broken/package.json': '{',
  })
  const modules = ['one/a.js', 'one/lib/b.js', '@acme/two/index.js', 'one/node_modules/three/c.js', 'broken/d.js', 'gone/e.js']
  const files = [join(folder, 'main.js'), ...modules.map((file) => join(folder, 'node_modules', file))]
  expect(packagesOf(files)).toEqual(['@acme/two@2.0.0', 'one@1.0.0', 'three@3.0.0'])
})
