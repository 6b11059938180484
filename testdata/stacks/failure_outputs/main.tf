resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}

resource "terraform_data" "fine" {
  input = "x"
}

output "misses" {
  value = tencentcloud_vpc.main.name
}

output "both" {
  value = [tencentcloud_vpc.main.name, terraform_data.fine.output]
}

output "fine" {
  value = terraform_data.fine.output
}
