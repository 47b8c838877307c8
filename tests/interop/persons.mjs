// Whom the upstream knows. Nobody real: numbers and addresses are those set aside for examples.

const address = {
  formatted: 'Esimerkkikatu 1 A 2\n00100 Helsinki',
  street_address: 'Esimerkkikatu 1 A 2',
  locality: 'Helsinki',
  postal_code: '00100',
  country: 'FI',
};

export const payments = [
  {
    bankId: '021000021',
    identifier: '000123456789',
    identifierType: 'ACCOUNT_NUMBER',
    type: 'US_ACH',
    transferIn: true,
    transferOut: false,
    accountId: 'checking-1',
  },
];

const aino = {
  name: 'Aino Maria Specimen',
  given_name: 'Aino Maria',
  family_name: 'Specimen',
  birthdate: '1984-02-29',
  gender: 'female',
  email: 'aino@example.org',
  email_verified: true,
  phone_number: '+358401234567',
  phone_number_verified: false,
  address,
  ssn: '19840229-2383',
  age_over_18: true,
  age_over_21: true,
  age_over_25: true,
};

export const persons = new Map([['aino', aino]]);

export const scopes = {
  profile: ['name', 'given_name', 'family_name', 'birthdate', 'gender'],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
  ssn: ['ssn'],
  age_over_18: ['age_over_18'],
  age_over_21: ['age_over_21'],
  age_over_25: ['age_over_25'],
  payment_details: [],
};
