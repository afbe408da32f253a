import { spawn } from 'node:child_process'
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'

test.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
  'where the writer may not make the file of that name, lines go to the old one until somebody makes it',
  async () => {
    const folder = tempFolder()
    chmodSync(folder, 0o711)
    const path = join(folder, 'a.log')
    writeFileSync(path, '', { mode: 0o666 })
    chmodSync(path, 0o666)
    const module = new URL('../../../runtime/src/log-file/append-file.ts', import.meta.url).href
    const script = `import { AppendFile } from '${module}'
      const file = new AppendFile({ path: process.argv[1], onFailure: (error) => console.log(error.code) })
      for await (const line of (await import('node:readline')).createInterface({ input: process.stdin })) {
        file.write(line + String.fromCharCode(10))
        await file.flush()
        console.log('written ' + line)
      }`
    const args = ['--conditions=spyglass-source', '--input-type=module', '-e', script, path]
    const child = spawn(process.execPath, args, { uid: 65_534, gid: 65_534, cwd: fileURLToPath(new URL('../../..', import.meta.url)) })
    let said = ''
    child.stdout.on('data', (chunk) => (said += String(chunk)))
    const write = async (line: string): Promise<void> => {
      child.stdin.write(`${line}\n`)
      await until(() => said.includes(`written ${line}`))
    }
    await write('one')
    renameSync(path, `${path}-old`)
    await write('two')
    writeFileSync(path, '')
    chmodSync(path, 0o666)
    await write('three')
    child.stdin.end()
    expect(said).not.toContain('EACCES')
    expect([readFileSync(`${path}-old`, 'utf8'), readFileSync(path, 'utf8')]).toEqual(['one\ntwo\n', 'three\n'])
  },
)
