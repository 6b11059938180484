check "empty" {
}

check "sources" {
  data "terraform_remote_state" "one" {
    backend = "local"
  }
  assert {
    condition     = data.terraform_remote_state.one.outputs.x == 1
    error_message = "no"
  }
  data "terraform_remote_state" "two" {
    backend = "local"
  }
}

check "outside" {
  assert {
    condition     = var.v == 1
    error_message = "no"
  }
}

output "outside" {
  value = data.terraform_remote_state.one.outputs
}

check "outside" {
  assert {
    condition     = 1 == 1
    error_message = "constant"
  }
}

check "nested" {
  count = 1
  resource "terraform_data" "r" {}
  data "terraform_remote_state" "three" {
    count   = 2
    backend = "local"
    lifecycle {
    }
  }
  assert {
    condition     = data.terraform_remote_state.four.outputs.x == 1
    error_message = "no"
  }
}

check "half" {
  assert {
    condition = var.v == 1
  }
}

check {
}

variable "v" {
  default = 1
}

check "bad name" {
  assert {
    condition     = var.v == 1
    error_message = "no"
  }
}
