import { declareSettings } from './declaration.ts'

export const databaseRealmSettings = declareSettings({
  datasource: {
    type: 'text',
    minLength: 1,
    example: 'shop',
    description: 'Datasource that is asked. Applications that use the realm have to use it as well.',
  },
  userStatement: {
    type: 'text',
    minLength: 1,
    example: 'SELECT name, password FROM account WHERE name = $1',
    description:
      'Gives the user of a name, its one parameter as the driver writes it (`$1`, `?`): one row with `name` and `password`, a hash as `spyglass secret password` makes it.',
  },
  rolesStatement: {
    type: 'text',
    minLength: 1,
    description: 'Gives a row with `role` for each role of the user of a name, its one parameter. Default: nobody has a role.',
  },
})
