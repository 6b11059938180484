variable "n" {
  type = number
}

resource "terraform_data" "a" {
  count = var.n
  input = "a${count.index}"
}

output "all" {
  value = terraform_data.a[*].output
}
