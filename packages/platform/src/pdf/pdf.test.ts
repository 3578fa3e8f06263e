import { expect, test } from 'vitest'
import { renderReport } from './index.ts'
import { inReadingOrder } from './reading-order.ts'

test('renders a report, with its font inside, whatever is in a value', async () => {
  const value = 'محمد بن علي \u202e\u0000 Ωμέγα <b>&'
  const record = [{ name: 'name', value }]
  const sections = [
    {
      title: 'Account',
      about: 'Who you are.',
      records: Array.from({ length: 200 }, () => record),
      note: 'no more',
    },
  ]
  const pdf = await renderReport({ title: 'Your data', lead: ['one', 'two'], sections })
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
  expect(pdf.subarray(-6).toString().trim()).toBe('%%EOF')
  expect(pdf.includes('DejaVuSans')).toBe(true)
  expect(pdf.includes('/FontFile2')).toBe(true)
})

test.each([
  ['plain words stay', 'plain words stay'],
  ['محمد بن علي', 'علي بن محمد'],
  ['Phone of محمد علي', 'Phone of علي محمد'],
  ['هاتف iPhone 15 محمد', 'محمد iPhone 15 هاتف'],
])('sets %j from the left as %j', (text, set) => {
  expect(inReadingOrder(text)).toBe(set)
})
