//! Natural and legal persons.
