variable "length" {
  default = [1
}

resource "random_string" "r" {
  length = var.length
}

resource "terraform_data" "d" {
  input = random_string.r.result
  lifecycle {
    ignore_changes = [input
  }
}

output "o" {
  value = terraform_data.d.output
}

output "own" {
}
