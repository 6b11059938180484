resource "random_id" "name" {
  byte_length = 4
}

resource "terraform_data" "note" {
  input = random_id.name.hex
}

resource "tencentcloud_security_group" "main" {
  name = terraform_data.note.output
}

resource "tencentcloud_vpc" "main" {
  name       = tencentcloud_security_group.main.id
  cidr_block = "10.0.0.0/16"
}

resource "terraform_data" "last" {
  input = tencentcloud_vpc.main.id
}

output "name" {
  value = random_id.name.hex
}
