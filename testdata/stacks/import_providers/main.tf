provider "tencentcloud" {
  region = "ap-guangzhou"
}

provider "terraform" {
  alias = "second"
}

resource "terraform_data" "a" {
  provider = terraform.second
}

import {
  to       = terraform_data.a
  id       = "a"
  provider = terraform.second
}

resource "terraform_data" "b" {}

import {
  to = terraform_data.b
  id = "b"
}
