import { describe, expect, it } from 'vitest'
import { systemProperties } from '../../../../agent/mbeans/src/platform/runtime-info.ts'

describe('systemProperties', () => {
  it('reports versions and the name of the process, and no environment variable', () => {
    const properties = new Map(systemProperties('http-1').map(({ key, value }) => [key, value]))
    expect(properties.get('spyglass.process')).toBe('http-1')
    expect(properties.get('node.version.v8')).toBe(process.versions.v8)
    const environment = Object.keys(process.env).filter((name) => properties.has(name))
    expect(environment).toEqual([])
  })
})
