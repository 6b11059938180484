resource "random_integer" "n" {
  min = 1
  max = 50000
}

import {
  to = random_integer.n
  id = "15390,1,50000"
}

resource "random_uuid" "u" {}

import {
  to = random_uuid.u
  id = "aabbccdd-eeff-0011-2233-445566778899"
}

resource "random_id" "i" {
  prefix      = "p-"
  byte_length = 3
}

import {
  to = random_id.i
  id = "p-,AQID"
}

resource "random_string" "s" {
  length = 10
}

import {
  to = random_string.s
  id = "abc123XYZ!"
}

resource "random_password" "p" {
  length = 6
}

import {
  to = random_password.p
  id = "secret"
}

resource "random_bytes" "b" {
  length = 3
}

import {
  to = random_bytes.b
  id = "AQID"
}

output "hex" {
  value = random_id.i.hex
}
