import { defaultPorts } from '@spyglass/agent/contract'
import { declareSettings } from './declaration.ts'
import { host, milliseconds, name, port } from './shapes.ts'

export const listenerSettings = declareSettings({
  name: name('Name of the listener; instances are named after it (`http-1`).'),
  host: host('Address to listen on.'),
  port: port(defaultPorts.application, 'Port to listen on.'),
  instances: { type: 'int', min: 1, max: 64, default: 1, description: 'Instances that serve this listener together.' },
})

export const applicationSettings = declareSettings({
  name: name('Name of the application.'),
  folder: {
    type: 'text',
    minLength: 1,
    required: true,
    description: 'Folder of the application, relative to the configuration file. Its package.json names the main module.',
  },
  contextPath: {
    type: 'text',
    checks: [{ is: /^(\/|(\/[\w.~-]+)+)$/, allowed: 'a path that starts with / and does not end with /' }],
    default: '/',
    description: 'Path under which the application is deployed.',
  },
  listener: { type: 'text', default: 'http', description: 'Name of the listener that serves it.' },
  environment: {
    type: 'map',
    default: {},
    secret: true,
    description: 'Environment variables added to the instance that hosts it.',
  },
  startTimeoutMs: milliseconds(30_000, 'How long the application may take to start.'),
})
