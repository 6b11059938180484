resource "tencentcloud_vpc" "main" {
  name = {
  cidr_block = "10.0.0.0/16"
}

output "id" {
  value = tencentcloud_vpc.main.id
}
