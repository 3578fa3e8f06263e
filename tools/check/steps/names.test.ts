import { expect, test } from 'vitest'
import { emptyNames } from './names.ts'

test.each([
  ['packages/domain/src/user/utils.ts', 'packages/domain/src/user/utils.ts'],
  ['packages/domain/src/helpers/find-user.ts', 'packages/domain/src/helpers'],
  ['apps/iam-api/src/common/index.ts', 'apps/iam-api/src/common'],
  ['packages/domain/src/account-manager.ts', 'packages/domain/src/account-manager.ts'],
  ['packages/domain/src/user/service.test.ts', 'packages/domain/src/user/service.test.ts'],
  ['packages/service/src/start.ts', 'packages/service'],
])('refuses %s', (file, named) => {
  expect(emptyNames([file])).toEqual([expect.stringContaining(`${named}: name it after what it does`)])
})

test.each([
  'packages/domain/src/client/service-account.ts',
  'packages/emulator/src/secret-manager/index.ts',
  'packages/emulator/src/google/kms/key-management-service.ts',
  'packages/domain/src/user/find-user.ts',
])('passes %s', (file) => {
  expect(emptyNames([file])).toEqual([])
})

test('names a folder once, however much is in it', () => {
  expect(emptyNames(['test/utils/a.ts', 'test/utils/b.ts'])).toHaveLength(1)
})
