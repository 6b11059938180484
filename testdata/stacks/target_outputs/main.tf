resource "terraform_data" "a" {
  input = 1
}

resource "terraform_data" "b" {
  input = 2
}

output "a" {
  value = terraform_data.a.output
}

output "both" {
  value = terraform_data.a.output + terraform_data.b.output
}

output "constant" {
  value = 0
}

output "strict" {
  value = null
  precondition {
    condition     = var.never
    error_message = "never holds, but is not looked at"
  }
}

check "a" {
  assert {
    condition     = terraform_data.a.output == 1
    error_message = "a"
  }
}

check "both" {
  assert {
    condition     = terraform_data.a.output + terraform_data.b.output == 3
    error_message = "both"
  }
}

variable "never" {
  default = false
}
