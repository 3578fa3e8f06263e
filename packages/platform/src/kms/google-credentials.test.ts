import { expect, test } from 'vitest'
import { tokenCredentials } from './google-credentials.ts'

const call = { method_name: '/Encrypt', service_url: 'https://cloudkms.googleapis.com/' }

test('puts the token on every call', async () => {
  const asked: string[] = []
  const getRequestHeaders = async (url: string) => {
    asked.push(url)
    return new Headers({ authorization: 'Bearer token', 'x-goog-user-project': 'iam' })
  }
  const metadata = await tokenCredentials({ getRequestHeaders }).generateMetadata(call)
  expect(metadata.getMap()).toEqual({ authorization: 'Bearer token', 'x-goog-user-project': 'iam' })
  expect(asked).toEqual([call.service_url])
})

test('fails the call when there is no token', async () => {
  const getRequestHeaders = () => Promise.reject(new Error('no identity'))
  await expect(tokenCredentials({ getRequestHeaders }).generateMetadata(call)).rejects.toThrow('no identity')
})
