/** Operations that bring applications to a server. */
import type { OperationDeclaration } from '@spyglass/agent/contract'

export const deploymentOperations = {
  deploy: {
    description:
      'Keeps a folder or archive as a new version of an application, and puts it into service. The same name again means a new version. If it does not become ready, everything stays as it was.',
    role: 'administrator',
    impact: 'action',
    arguments: {
      source: {
        type: 'string',
        archiveNamedBy: 'origin',
        example: '/srv/shop-1.4.0.tgz',
        description: 'Absolute path of a folder, or of a .tgz, .tar.gz, .tar or .zip, on the machine of the server.',
      },
      name: {
        type: 'string',
        optional: true,
        example: 'shop',
        description: 'Name of the application. Default: that of the source, without version and ending.',
      },
      origin: {
        type: 'string',
        optional: true,
        example: 'shop-1.4.0.tgz',
        description:
          'What the source is called in messages, in the history and in the list of versions, which show the path of a file of the machine as well. Default: the source.',
      },
      settings: {
        type: { composite: 'Settings', items: {} },
        optional: true,
        settingsOf: 'applications',
        example: { contextPath: '/shop' },
        description:
          'Settings of the application, as in spyglass.yaml. Those that are not given stay as they are; a new one is at `/NAME`.',
      },
    },
    result: 'string',
  },
} as const satisfies Readonly<Record<string, OperationDeclaration>>
