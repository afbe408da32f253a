import { describe, expect, it } from 'vitest'
import {
  type JolokiaCode,
  fail,
  isBadRequest,
  jolokiaCodeOf,
  jolokiaErrors,
  wireErrorOf,
} from '../../../../agent/mbeans/src/jolokia/errors.ts'

describe('errors on the wire', () => {
  it('have a status and the name of a Java exception for every code', () => {
    for (const code of Object.keys(jolokiaErrors) as JolokiaCode[]) {
      const error = wireErrorOf(fail(code, ['a', 'b']))
      expect(error).toMatchObject({ '.error': true, error_type: expect.stringMatching(/^javax?\./) as unknown })
      expect([400, 403, 404, 500]).toContain(error.status)
      expect(isBadRequest(fail(code))).toBe(error.status === 400)
    }
  })

  it('mark the exceptions of JMX, which clients turn back into exceptions', () => {
    expect(wireErrorOf(fail('SPY_JOLOKIA_NO_MBEAN', ['a:k=v']))).toEqual({
      error_type: 'javax.management.InstanceNotFoundException',
      '.error': true,
      error_type_jmx: 'javax.management.InstanceNotFoundException',
      error: 'a:k=v',
      status: 404,
    })
  })

  it('say nothing of errors that are not ours', () => {
    for (const error of [new Error('secret'), { code: 'ENOENT', message: 'secret' }, 'secret', undefined]) {
      expect(jolokiaCodeOf(error)).toBe('SPY_JOLOKIA_INTERNAL')
      expect(JSON.stringify(wireErrorOf(error))).not.toContain('secret')
    }
  })
})
