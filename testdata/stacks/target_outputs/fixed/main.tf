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
