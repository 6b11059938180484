resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}

resource "terraform_data" "fine" {
  input = "x"
}

output "planned" {
  value = tencentcloud_vpc.main.name
}

output "misses" {
  value = length(tencentcloud_vpc.main.id) > 3
}

output "both" {
  value = [length(tencentcloud_vpc.main.id) > 3, terraform_data.fine.output]
}

output "fine" {
  value = terraform_data.fine.output
}
