variable "name" {
  default = "one"
}

resource "tencentcloud_vpc" "main" {
  name       = var.name
  cidr_block = "10.0.0.0/16"
}

data "tencentcloud_vpc_instances" "all" {
  depends_on = [tencentcloud_vpc.main]
}

output "n" {
  value = length(data.tencentcloud_vpc_instances.all.instance_list)
}
