/** A port of our own processes on a free port of loopback. */
import { type OwnPort, ownPort, type OwnPortName, SpyglassConfig } from '@spyglass/process/config'

/** By default the one of an empty configuration, with a port that the system chooses. */
export const testPort = (name: OwnPortName, over: Partial<OwnPort> = {}, settings: object = {}): OwnPort => ({
  ...ownPort(SpyglassConfig.parse({ [name]: settings }), name),
  addresses: [{ host: '127.0.0.1', port: 0 }],
  ...over,
})
