-- Orders at the payment gateway, one a bill, and what is to be paid back.

create table payments_order (
  id {{int}} NOT NULL PRIMARY KEY,
  bill_id {{int}} NOT NULL UNIQUE,
  case_id {{int}} NOT NULL,
  case_number TEXT NOT NULL,
  -- What the gateway knows it by.
  number TEXT NOT NULL UNIQUE,
  total {{int}} NOT NULL,
  -- created, paid
  state TEXT NOT NULL,
  gateway_order TEXT NOT NULL,
  created_at {{int}} NOT NULL,
  paid_at {{int}},
  updated_by TEXT NOT NULL
){{strict}};

create table payments_refund (
  order_id {{int}} NOT NULL PRIMARY KEY REFERENCES payments_order (id),
  bill_id {{int}} NOT NULL,
  -- wanted, done
  state TEXT NOT NULL,
  attempts {{int}} NOT NULL,
  next_at {{int}} NOT NULL,
  last_error TEXT NOT NULL,
  wanted_at {{int}} NOT NULL,
  done_at {{int}}
){{strict}};
create index payments_refund_open on payments_refund (next_at) where state = 'wanted';
